"""What the guest wrote to its disk, sector by sector in order: QEMU's blklogwrites keeps such a log, in the format of
Linux's dm-log-writes. That is a superblock, and then for each write a sector that says which and how many, and the data.
Replayed over the image as it was, up to any point, it gives the disk of a machine that lost its power there."""
import struct

SECTOR = 512
DISCARD, MARK = 4, 8


def drive(image, log):
    """QEMU's arguments for a first IDE disk whose writes are logged."""
    log.write_bytes(b"")
    return ["-blockdev", f"driver=file,node-name=plain,filename={image},cache.no-flush=on",
            "-blockdev", f"driver=file,node-name=journal,filename={log},cache.no-flush=on",
            "-blockdev", "driver=blklogwrites,node-name=logged,file=plain,log=journal,log-sector-size=512",
            "-device", "ide-hd,drive=logged,bus=ide.0,unit=0"]


def sectors(log):
    """(sector, its new bytes), in the order of writing."""
    data = log.read_bytes()
    at = SECTOR
    while at < len(data):
        first, count, flags, _ = struct.unpack_from("<QQQQ", data, at)
        at += SECTOR
        assert not flags & (DISCARD | MARK) and at + count * SECTOR <= len(data)
        for i in range(count):
            yield first + i, data[at : at + SECTOR]
            at += SECTOR


class Replay:
    """The image as it was, on which the writes are done one after the other."""

    def __init__(self, image, log):
        self.image, self.left = image, sectors(log)

    def step(self):
        """Does one more; false when there is none."""
        for sector, data in self.left:
            with open(self.image, "r+b") as file:
                file.seek(sector * SECTOR)
                file.write(data)
            return True
        return False
