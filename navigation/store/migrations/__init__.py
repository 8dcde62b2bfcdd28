"""Numbered changes of the schema, applied by `navigation.store.migrating`. A released one is never edited."""
