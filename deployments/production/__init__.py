"""A whole rekey as a team runs it, on this machine and without containers: for rehearsals and for tests of outages."""
