"""Commands that print what the kernel knows of the running system."""
import gdb
import images


class Images(gdb.Command):
    """List the programs whose symbols GDB has, after a look at all that the kernel has.

`make gdb` gives this command once, for a machine that runs already; from then on GDB hears of each image
that is made or goes."""

    def __init__(self):
        super().__init__("images", gdb.COMMAND_STATUS)

    def invoke(self, _argument, _from_tty):
        images.add_all()
        for image in sorted(images.known.values(), key=lambda i: i.start):
            print(f"{image.start:#010x} - {image.end:#010x}  {image.sip}, {len(image.shapes)} functions")


def install():
    """Makes GDB know the commands."""
    Images()
