"""Who is asking, and may they: sessions, log-in, one-time links, the permission table."""
