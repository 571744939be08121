"""Drafting, signing, urging (合同). May import core … selection."""
