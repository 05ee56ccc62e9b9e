"""The error of the interface: resources of an interface are looked for in the module of its name."""

from wit_world.exports import wasi_keyvalue_error


class Error(wasi_keyvalue_error.Error):
    def __init__(self, text):
        self.text = text

    def trace(self):
        return self.text
