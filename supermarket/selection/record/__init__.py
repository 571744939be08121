"""The public record of a whole selection (selection-v1): built from what is stored, read strictly, computed again."""
