"""The version: of the package, of the extension's package.json, and of every report."""

__version__ = "0.1.0"
