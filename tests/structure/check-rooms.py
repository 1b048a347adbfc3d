#!/usr/bin/env python3
"""Fails when a room of the library includes one that is not below it, when a source file is too long to hold in the head,
or when a toolkit's header stands in one of ours.

usage: check-rooms.py [SOURCE_FOLDER]
"""
import pathlib
import re
import sys

# From the ground up; rooms of one line do not know each other.
FLOORS = [
    ["base"],
    ["geometry", "statistics"],
    ["data"],
    ["store"],
    ["formats"],
    ["image"],
    ["phantom"],
    ["calibration", "reconstruction", "registration", "image_registration", "trees", "dose", "quality", "benchmark", "activity", "validation"],
    ["report"],
    ["shell", "dispatcher"],
    ["tools"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
LONGEST = 400  # lines
# Templates and parsers that cost seconds in every unit that sees them; HDF5 only the store may know.
COSTLY = re.compile(r"(itk|vtk|gdcm)[A-Z]\w*\.h\w*|(CLI|dcmtk|toml\+\+)/.*")
HDF5 = re.compile(r"H5\w*\.h|hdf5\.h")
PARSER = re.compile(r"CLI/.*")
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(path, root):
    """lib/ROOM/… and tools/ROOM/… are rooms; tools/NAME.cpp and its parts tools/NAME/… belong to `tools`."""
    parts = path.relative_to(root).parts
    if parts[0] == "lib":
        return parts[1]
    is_part_of_tool = (root / "tools" / f"{parts[1]}.cpp").is_file()
    return parts[1] if len(parts) > 2 and not is_part_of_tool else "tools"


def complaints_about(path, root, text):
    where = path.relative_to(root)
    room = room_of(path, root)
    if room not in FLOOR:
        yield f"{where}: room '{room}' has no place in the order of rooms; add it to {pathlib.Path(__file__).name}"
        return
    lines = text.splitlines()
    if len(lines) > LONGEST:
        yield f"{where}: has {len(lines)} lines; expected at most {LONGEST} (split it by what a reader looks for)"
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        quote, name = include.groups()
        other = name.split("/")[0]
        if quote == '"' and "/" in name and other in FLOOR and other != room and FLOOR[other] >= FLOOR[room]:
            yield f"{where}:{number}: room '{room}' includes {name}; expected only rooms below it"
        if path.suffix == ".hpp" and (COSTLY.fullmatch(name) or (HDF5.fullmatch(name) and room != "store")):
            yield f"{where}:{number}: a header of ours includes {name}; expected it in a .cpp only"


def complaints(root):
    parser_users = []
    for path in sorted([*(root / "lib").rglob("*.[ch]pp"), *(root / "tools").rglob("*.[ch]pp")]):
        text = path.read_text(encoding="utf-8")
        yield from complaints_about(path, root, text)
        if any((m := INCLUDE.match(line)) and PARSER.fullmatch(m.group(2)) for line in text.splitlines()):
            parser_users.append(str(path.relative_to(root)))
    if len(parser_users) > 1:
        yield f"the option parser is included in {', '.join(parser_users)}; expected one file (it costs seconds to compile)"
    for path in sorted((root / "tests").rglob("*.[ch]pp")):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > LONGEST:
            yield f"{path.relative_to(root)}: has {count} lines; expected at most {LONGEST}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    if root.is_file():
        root = root.parents[2]
    found = list(complaints(root))
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
