"""What acts on a machine: an `Agent` that works by screenshots on a `Surface`; a browser is the first surface."""
