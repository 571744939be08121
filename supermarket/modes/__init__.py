"""How a way of selection works: the table of modes, its stages and their pipeline (选取方式). Pure; may import core only.

Stands below `projects`, because a project fixes its mode's parameters at publication, and `selection` runs them.
"""
