"""The house rules as tests: they read the code as text and say in a sentence what is wrong and where."""
