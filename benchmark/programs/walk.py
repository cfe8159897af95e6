# Walks a tree, reads every file, and writes a report: what a build script does, mostly calls into WASI.
import hashlib
import os
import sys

tree, report = sys.argv[1], sys.argv[2]
rows = []
total = 0
for folder, folders, files in os.walk(tree):
    folders.sort()
    for name in sorted(files):
        path = os.path.join(folder, name)
        with open(path, 'rb') as file:
            data = file.read()
        total += len(data)
        rows.append((os.stat(path).st_size, path, hashlib.md5(data).hexdigest()))

with open(report, 'w') as file:
    for size, path, digest in sorted(rows, reverse=True):
        file.write(f'{size:8} {digest} {path}\n')

print(f'python {sys.version_info.major}.{sys.version_info.minor}: {len(rows)} files, {total} bytes')
for size, path, digest in sorted(rows, reverse=True)[:5]:
    print(f'{size:8} {digest} {path}')
