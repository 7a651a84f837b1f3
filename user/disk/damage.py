"""Damaged disks, made from the good one: each function takes a fat32.Image and spoils one thing."""
import struct

import fat32

BAD = "the file system is corrupted here"


def long_file(image: fat32.Image) -> list[int]:
    """The clusters of a file with more than one piece of 64 KB."""
    return image.chain(image.find("/webfiles/dir00003/class3_1")[3])


# ---- One file or directory: path -> what its reader is told; the others are whole.


def chain_in_a_circle(image):
    chain = long_file(image)
    image.set_next(chain[-1], chain[10])
    return {"/webfiles/dir00003/class3_1": BAD}


def chain_out_of_the_volume(image):
    image.set_next(long_file(image)[70], 0x0FFFFFF0)
    return {"/webfiles/dir00003/class3_1": BAD}


def chain_to_a_free_cluster(image):
    image.set_next(long_file(image)[70], 0)
    return {"/webfiles/dir00003/class3_1": BAD}


def chain_too_short(image):
    image.set_next(long_file(image)[5], 0x0FFFFFFF)
    return {"/webfiles/dir00003/class3_1": BAD}


def first_cluster_out_of_the_volume(image):
    at = image.find("/webfiles/dir00003/class3_1")[0]
    struct.pack_into("<H", image.data, at + 20, 0x0FFF)
    return {"/webfiles/dir00003/class3_1": BAD}


def size_beyond_the_volume(image):
    at = image.find("/webfiles/dir00003/class3_1")[0]
    struct.pack_into("<I", image.data, at + 28, 0xFFFFFFFF)
    return {"/webfiles/dir00003/class3_1": BAD}


def directory_in_a_circle(image):
    """Behind its entries, nothing but deleted ones, round and round."""
    last = image.chain(image.find("/webfiles/dir00007")[3])[-1]
    spare = 70000
    image.set_next(last, spare)
    image.set_next(spare, spare)
    for cluster in (last, spare):
        for at in range(image.place(cluster), image.place(cluster) + image.cluster_bytes, 32):
            if image.data[at] == 0:
                image.data[at] = 0xE5
    return {"/webfiles/dir00007": BAD}


FILES = [chain_in_a_circle, chain_out_of_the_volume, chain_to_a_free_cluster, chain_too_short,
         first_cluster_out_of_the_volume, size_beyond_the_volume, directory_in_a_circle]

# ---- The whole volume: the sentence on the console.


def patch(offset, layout, value, sentence):
    def spoil(image):
        struct.pack_into(layout, image.data, offset, value)
        return sentence

    return spoil


def empty(image):
    image.data = bytearray(1 << 20)
    return "no FAT file system: sector 0 has no boot signature"


def truncated(image):
    del image.data[8 << 20 :]
    return "the volume is larger than its disk: truncated?"


def random_bytes(image):
    image.data = bytearray(i * i * 7 + (i >> 8) & 0xFF for i in range(4096))
    return "no FAT file system: sector 0 has no boot signature"


VOLUMES = {
    "empty": empty,
    "truncated": truncated,
    "random bytes": random_bytes,
    "no jump": patch(0, "B", 0, "no FAT file system: sector 0 does not begin with a jump"),
    "sector size": patch(11, "<H", 4096, "bad BPB: sectors are not 512 bytes"),
    "cluster size 0": patch(13, "B", 0, "bad BPB: sectors per cluster are not a power of two"),
    "cluster size 3": patch(13, "B", 3, "bad BPB: sectors per cluster are not a power of two"),
    "nothing reserved": patch(14, "<H", 0, "bad BPB: no reserved sectors"),
    "no tables": patch(16, "B", 0, "bad BPB: not 1 to 4 file allocation tables"),
    "fat16": patch(17, "<H", 512, "it is FAT12 or FAT16, not FAT32"),
    "few clusters": patch(13, "B", 128, "it is FAT12 or FAT16, not FAT32"),
    "larger than the disk": patch(32, "<I", 1 << 28, "the volume is larger than its disk: truncated?"),
    "larger than all": patch(32, "<I", 0xFFFFFFFF, "the volume is larger than 1 TB"),
    "no table": patch(36, "<I", 0, "bad BPB: the file allocation table is empty"),
    "short table": patch(36, "<I", 100, "bad BPB: the file allocation table is too short"),
    "huge table": patch(36, "<I", 0xFFFFFFFF, "bad BPB: no room for data behind the file allocation tables"),
    "active table": patch(40, "<H", 0x83, "bad BPB: the active file allocation table does not exist"),
    "version": patch(42, "<H", 7, "a version of FAT32 that is not known here"),
    "root": patch(44, "<I", 0x0FFFFFF0, "bad BPB: the root directory lies outside the volume"),
}
