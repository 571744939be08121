"""The facts that the product carries (CSV files), their loaders, and the invented bodies of the demo.

Pure Python: may import ``supermarket.core``, no room, no database. Origin and quality of every file: docs/data.md.
"""
