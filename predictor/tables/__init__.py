"""Tables of profiles, of any size, to tables of answers."""
