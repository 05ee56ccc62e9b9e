"""The bug the store has: none. A file of this name that is found earlier gives it one."""

NAME = ""
