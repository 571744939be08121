"""The expert pool (专家库): who may be drawn for a panel, for whom they work, what they are party to. May import core … credit.

Which of them serve on a panel the selection room knows, and tells nobody before the announcement.
"""
