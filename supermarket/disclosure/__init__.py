"""What the public sees across rooms (公开): feeds, lists that need several rooms, figures. May import core … statistics."""
