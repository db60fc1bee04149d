"""Kinds of side effect, as code that a cell could hold; each works on things of its own outside the scratch folder.

Names that the code may use: ``folder`` (the kind's own: data.bin, text.txt, empty/ and full/inner.txt), ``port`` (a TCP
and a UDP server), ``path`` (a unix socket's server), ``sleeper`` and ``address`` (a process and bytes in it),
``name`` (of the kind, unique to the run), ``say`` (bytes by which the servers know the kind).
"""

from __future__ import annotations

# kinds that change the kind's own folder
IN_A_FOLDER: dict[str, str] = {
    "open for writing": "open(folder / 'text.txt', 'w').write('x')",
    "open a new file": "open(folder / 'new.txt', 'w').close()",
    "append": "open(folder / 'text.txt', 'a').write('x')",
    "write in place": "open(folder / 'data.bin', 'r+b').write(b'x')",
    "truncate": "os.truncate(folder / 'data.bin', 3)",
    "truncate while reading": "os.close(os.open(folder / 'data.bin', os.O_RDONLY | os.O_TRUNC))",
    "remove": "os.remove(folder / 'data.bin')",
    "rename": "os.rename(folder / 'data.bin', folder / 'other.bin')",
    "move into scratch": "os.rename(folder / 'data.bin', os.path.join(os.environ['TMPDIR'], name))",
    "replace": "os.replace(folder / 'data.bin', folder / 'text.txt')",
    "mkdir": "(folder / 'made').mkdir()",
    "rmdir": "(folder / 'empty').rmdir()",
    "symbolic link": "(folder / 'link').symlink_to(folder / 'data.bin')",
    "hard link": "os.link(folder / 'data.bin', folder / 'link')",
    "hard link from scratch": "os.link(folder / 'data.bin', os.path.join(os.environ['TMPDIR'], name))",
    "write through a link in scratch": """
link = os.path.join(os.environ['TMPDIR'], name)
os.symlink(folder / 'data.bin', link)
open(link, 'w').close()""",
    "fifo": "os.mkfifo(folder / 'pipe')",
    "chmod": "os.chmod(folder / 'data.bin', 0o600)",
    "chmod of a descriptor": "with open(folder / 'data.bin') as file: os.fchmod(file.fileno(), 0o600)",
    "chown": "os.chown(folder / 'data.bin', os.getuid(), os.getgid())",
    "utime": "os.utime(folder / 'data.bin', (1, 1))",
    "utime of a descriptor": "with open(folder / 'data.bin') as file: os.utime(file.fileno(), (1, 1))",
    "extended attribute": "os.setxattr(folder / 'data.bin', 'user.memadvise', b'x')",
    "flags of a file": """
import fcntl, struct
with open(folder / 'data.bin') as file:
    fcntl.ioctl(file, 0x40086602, struct.pack('l', 0x40))""",
    "pathlib touch": "(folder / 'data.bin').touch()",
    "temporary file elsewhere": "tempfile.NamedTemporaryFile(dir=folder, delete=False).close()",
    "to_csv": "frame.to_csv(folder / 'out.csv')",
    "to_parquet": "frame.to_parquet(folder / 'out.parquet')",
    "to_pickle": "frame.to_pickle(folder / 'out.pickle')",
    "to_sql": """
import sqlite3
frame.to_sql('t', sqlite3.connect(folder / 'out.sqlite'))""",
    "sqlite": """
import sqlite3
with sqlite3.connect(folder / 'base.sqlite') as base: base.execute('create table t (a int)')""",
    "polars write_csv": "import polars; polars.DataFrame({'a': [1]}).write_csv(folder / 'out.csv')",
    "polars write_parquet": "import polars; polars.DataFrame({'a': [1]}).write_parquet(folder / 'out.parquet')",
    "polars sink": "import polars; polars.LazyFrame({'a': [1]}).sink_parquet(folder / 'out.parquet')",
    "duckdb export": "import duckdb; duckdb.sql(f\"copy (select 1 as a) to '{folder}/out.csv'\")",
    "duckdb database": "import duckdb; duckdb.connect(str(folder / 'base.duckdb')).close()",
    "np.save": "numpy.save(folder / 'out.npy', numpy.arange(3))",
    "tofile": "numpy.arange(3).tofile(folder / 'out.bin')",
    "memmap": """
mapped = numpy.memmap(folder / 'data.bin', mode='r+')
mapped[:] = 7
mapped.flush()""",
    "mmap": """
import mmap
with open(folder / 'data.bin', 'r+b') as file, mmap.mmap(file.fileno(), 0) as mapped: mapped[0] = 7""",
    "shelve": """
import shelve
with shelve.open(str(folder / 'shelf')) as shelf: shelf['a'] = 1""",
    "os.system": "os.system(f'touch {folder}/made 2> /dev/null')",
    "shell redirect": "subprocess.run(f'echo x > {folder}/text.txt', shell=True, stderr=subprocess.DEVNULL)",
    "chmod program": "subprocess.run(['chmod', '600', str(folder / 'data.bin')], stderr=subprocess.DEVNULL)",
    "python in python": """
subprocess.run([sys.executable, '-c', f"open('{folder}/made', 'w')"], stderr=subprocess.DEVNULL)""",
    "ctypes": "import ctypes; ctypes.CDLL(None).chmod(bytes(folder / 'data.bin'), 0o600)",
    "copy": "shutil.copy(folder / 'data.bin', folder / 'copy.bin')",
    "move": "shutil.move(folder / 'data.bin', folder / 'empty')",
    "rmtree": "shutil.rmtree(folder / 'full')",
    "zipfile": "import zipfile; zipfile.ZipFile(folder / 'out.zip', 'w').close()",
    "tarfile": "import tarfile; tarfile.open(folder / 'out.tar', 'w').close()",
    "gzip": "import gzip; gzip.open(folder / 'out.gz', 'w').close()",
    "logging": "import logging; logging.FileHandler(folder / 'out.log').close()",
    "savefig": "figure.savefig(folder / 'out.png')",
    "thread": "import threading; one = threading.Thread(target=(folder / 'new').mkdir); one.start(); one.join()",
    "forked": """
child = os.fork()
if child == 0:
    try: os.mkdir(folder / 'made')
    finally: os._exit(0)
os.waitpid(child, 0)""",
    "multiprocessing": """
import multiprocessing
one = multiprocessing.get_context('fork').Process(target=os.mkdir, args=(folder / 'made',))
one.start(); one.join()""",
    "joblib threads": """
import joblib
joblib.Parallel(2, backend='threading')(joblib.delayed(os.mkdir)(folder / f'made{i}') for i in range(2))""",
    "through /proc": """
with open(folder / 'data.bin', 'rb') as file:
    open(f'/proc/self/fd/{file.fileno()}', 'wb').close()""",
    "unix socket's file": "socket.socket(socket.AF_UNIX).bind(str(folder / 's'))",
    "change of directory": "os.chdir(folder); open('relative.txt', 'w').close()",
}

# kinds that servers hear about, by ``say``
HEARD: dict[str, str] = {
    "tcp": "with socket.create_connection(('127.0.0.1', port)) as one: one.sendall(say)",
    "http": "import http.client; http.client.HTTPConnection('127.0.0.1', port).request('GET', '/' + say.decode())",
    "urllib": "import urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{port}/{say.decode()}', timeout=2)",
    "udp": "socket.socket(type=socket.SOCK_DGRAM).sendto(say, ('127.0.0.1', port))",
    "udp of a program": """
code = f'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto({say!r}, ("127.0.0.1", {port}))'
subprocess.run([sys.executable, '-c', code], stderr=subprocess.DEVNULL)""",
    "unix stream": "one = socket.socket(socket.AF_UNIX); one.connect(path); one.sendall(say); one.close()",
    "unix datagram": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(say, path + '.datagrams')",
    "datagrams of a pair": """
one, other = socket.socketpair(type=socket.SOCK_DGRAM)
one.sendmsg([say], [], 0, path + '.datagrams')""",
    "abstract unix socket": """
one = socket.socket(socket.AF_UNIX)
one.connect(b'\\0' + path.encode())
one.sendall(say)""",
}

# kinds that change the sleeping process or the system; how that shows is in test_tied.py, by these names
ELSEWHERE: dict[str, str] = {
    "bound": "one = socket.socket(); one.bind(('127.0.0.1', 0)); one.listen(); bound = True",
    "priority": "os.setpriority(os.PRIO_PROCESS, sleeper, 15)",
    "limit": "import resource; resource.prlimit(sleeper, resource.RLIMIT_NOFILE, (77, 77))",
    "affinity": "os.sched_setaffinity(sleeper, {min(os.sched_getaffinity(0))})",
    "memory": "with open(f'/proc/{sleeper}/mem', 'r+b', 0) as file: file.seek(address); file.write(b'X')",
    "memory by a call": """
import ctypes
class Part(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
own = ctypes.create_string_buffer(b'X')
here, there = Part(ctypes.addressof(own), 1), Part(address + 1, 1)
write = ctypes.CDLL(None).process_vm_writev
write(sleeper, ctypes.byref(here), ctypes.c_ulong(1), ctypes.byref(there), ctypes.c_ulong(1), ctypes.c_ulong(0))""",
    "named shared memory": """
from multiprocessing import shared_memory, resource_tracker
shared = shared_memory.SharedMemory(name, create=True, size=8)
resource_tracker.unregister(shared._name, 'shared_memory')
shared.close()""",
    "system v memory": """
import ctypes
shmget = ctypes.CDLL(None).shmget
shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
shmget(key, 4096, 0o1600)""",
    "session": """
child = os.fork()
if child == 0:
    try: os.setsid(); open(os.path.join(os.environ['TMPDIR'], 'left'), 'w').close()
    finally: os._exit(0)
os.waitpid(child, 0)""",
    "kill by a program": "subprocess.run(['kill', '-USR1', str(sleeper)], stderr=subprocess.DEVNULL)",
    "kill": "os.kill(sleeper, signal.SIGKILL)",
}
