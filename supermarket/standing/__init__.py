"""Reviews, demotion, rectification, removal cases (准入清退). May import core … ratings."""
