"""How a way of selection works: the table of modes, its stages and their pipeline (选取方式), and regions' own modes.

Stands below `projects`, because a project fixes its mode's parameters at publication, and `selection` runs them. Pure, and
importing core only, is everything but models, queries, operations, forms and words, which hold what regions make.
"""
