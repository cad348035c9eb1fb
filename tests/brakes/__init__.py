"""Tests of the kinds of brakes that have rules of their own."""
