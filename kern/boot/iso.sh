#!/bin/sh
# iso.sh IMAGE KERNEL COMMAND-LINE MODULE... - a bootable CD image: GRUB, the kernel, its modules.
set -e
image=$1 kernel=$2 append=$3
shift 3
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/boot/grub"
cp "$kernel" "$tree/boot/kernel.elf"
{
    echo 'set timeout=0'
    echo 'menuentry "Singlet" {'
    echo "  multiboot /boot/kernel.elf $append"
    for module; do
        cp "$module" "$tree/boot/"
        echo "  module /boot/${module##*/} ${module##*/}"
    done
    echo '}'
} > "$tree/boot/grub/grub.cfg"
if ! said=$(grub-mkrescue -o "$image" "$tree" 2>&1); then
    echo "$said" >&2
    exit 1
fi
