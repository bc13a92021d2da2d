"""`make screens`: every page and state of the portal, as pictures. See docs/screens/README.md."""
