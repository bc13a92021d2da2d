"""How the portal writes what Django would write in its own way."""
