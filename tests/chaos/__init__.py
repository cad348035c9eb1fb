"""The process that rotates is killed anywhere and started again: nothing is lost, and it goes on."""
