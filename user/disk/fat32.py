"""A FAT32 image seen from Python: looked into without mtools, and damaged on purpose."""
import struct
from pathlib import Path

SECTOR = 512
END = 0x0FFFFFF8


class Image:
    """The image's bytes, which may be changed, and where its parts lie."""

    def __init__(self, path: Path):
        self.data = bytearray(Path(path).read_bytes())
        self.per_cluster, reserved, self.tables = struct.unpack_from("<BHB", self.data, 13)
        self.table_sectors, = struct.unpack_from("<I", self.data, 36)
        self.root, = struct.unpack_from("<I", self.data, 44)
        self.table = reserved * SECTOR
        self.first_data = (reserved + self.tables * self.table_sectors) * SECTOR
        self.cluster_bytes = self.per_cluster * SECTOR

    def save(self, path: Path) -> Path:
        path.write_bytes(self.data)
        return path

    # ---- the table
    def next(self, cluster: int) -> int:
        return struct.unpack_from("<I", self.data, self.table + 4 * cluster)[0] & 0x0FFFFFFF

    def set_next(self, cluster: int, value: int):
        """In every copy of the table."""
        for copy in range(self.tables):
            at = self.table + copy * self.table_sectors * SECTOR + 4 * cluster
            struct.pack_into("<I", self.data, at, value)

    def chain(self, cluster: int) -> list[int]:
        clusters = []
        while cluster < END:
            clusters.append(cluster)
            cluster = self.next(cluster)
        return clusters

    # ---- directories
    def place(self, cluster: int) -> int:
        return self.first_data + (cluster - 2) * self.cluster_bytes

    def entries(self, cluster: int):
        """(place of the entry, short name, attributes, first cluster, size)"""
        for c in self.chain(cluster):
            for at in range(self.place(c), self.place(c) + self.cluster_bytes, 32):
                name, attributes = bytes(self.data[at : at + 11]), self.data[at + 11]
                if name[0] == 0:
                    return
                if name[0] == 0xE5 or attributes & 0x08:
                    continue
                high, low = struct.unpack_from("<H", self.data, at + 20)[0], struct.unpack_from("<H", self.data, at + 26)[0]
                size, = struct.unpack_from("<I", self.data, at + 28)
                yield at, name, attributes, high << 16 | low, size

    def find(self, path: str):
        """The entry of a file, by its short names: "/webfiles/dir00000/class0_0"."""
        entry, cluster = None, self.root
        for part in path.strip("/").split("/"):
            base, _, extension = part.upper().partition(".")
            short = f"{base:8}{extension:3}".encode()
            entry = next(e for e in self.entries(cluster) if e[1] == short)
            cluster = entry[3]
        return entry

    def read(self, path: str) -> bytes:
        _, _, _, first, size = self.find(path)
        if size == 0:
            return b""
        parts = (bytes(self.data[self.place(c) : self.place(c) + self.cluster_bytes]) for c in self.chain(first))
        return b"".join(parts)[:size]
