"""One panel a file; each takes a `Session` and never sees a viewer."""
