#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diagnostics.settings.development")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(f"Django is not installed for {sys.executable}. Run `make run` in {Path(__file__).parent} first.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
