"""The methods of a model, by subject. They hold nothing themselves: what they work on is in ``BaseModel``."""
