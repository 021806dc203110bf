"""Stores that can't be used: one clear line, the right exit code, and nothing changed."""

import os
import resource
import shutil
import signal
import sqlite3
import stat
import tempfile
import unittest

from tool import BAD_INPUT, FAILED, STORE_UNUSABLE, TOOL, ToolTest, line

NOBODY = 65534


def become_nobody():
    """File permissions mean nothing to root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


# The folder of the build may be closed to others.
OPEN_FOLDER = tempfile.TemporaryDirectory()
os.chmod(OPEN_FOLDER.name, 0o755)
AS_NOBODY = {"preexec_fn": become_nobody,
             "executable": shutil.copy(TOOL, OPEN_FOLDER.name)}


def limit_files(size):
    """Returns what lets every file end at `size`, as a full disk does."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


class StoreUrl(ToolTest):
    def test_is_refused_with_a_hint(self):
        for url, hint in {"shop.db": "sqlite:shop.db", "": "no scheme", "mysql://h/d": "'mysql'",
                          "sqlite:": "path", "memory:x": "memory:",
                          "sqlite:a.db?durability=some": "full, normal or off"}.items():
            with self.subTest(url=url):
                self.refuse(BAD_INPUT, "stats", "--store", url, says=["bad store URL", hint])

    def test_never_shows_its_password(self):
        # One that is right leads to a port where nobody answers.
        for url in ("postgres://ann:s3cret@127.0.0.1:1/d", "postgres://ann@127.0.0.1:1/d?password=s3cret",
                    "postgresql://ann:s3cret/@127.0.0.1:1/d?sslmode=require",
                    "mysql://ann:s3cret@h/d", "postgres:ann:s3cret@h", "password=s3cret",
                    "postgres://ann:my s3cret@127.0.0.1:1/d", "sqlite://ann:s3cret@h/db",
                    "postgres://ann:my\ns3cret@127.0.0.1:1/d",
                    "postgres://127.0.0.1:1/d?password=my s3cret"):
            for arguments in (["stats", "--store", url], ["stats", "--store", "memory:", url],
                              ["stats", url], [url], ["stats", "--store=" + url, "--bad=" + url],
                              ["stats", "--store", url, "--store", url],
                              ["backup", "--store", url, url],
                              ["events", "--store", url, "--limit", url],
                              ["events", "--store", "memory:", "--limit", url],
                              ["stats", "--store", *url.split()]):
                with self.subTest(arguments=arguments):
                    result = self.run_tool(*arguments)
                    self.assertIn(result.returncode, (BAD_INPUT, STORE_UNUSABLE), result.stderr)
                    self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                    self.assertNotIn("s3cret", result.stdout + result.stderr)
        self.refuse(BAD_INPUT, "backup", "--store", "postgres://ann:s3cret@h/d", says=["FILE"])


class AllCommands(ToolTest):
    """Every subcommand that opens a store."""

    COMMANDS = (["streams"], ["streams", "a"], ["events"], ["explain", "1"], ["stats"], ["verify"],
                ["append"], ["backup", "FOLDER/out.ecb"], ["projections", "list"],
                ["projections", "pause", "x"], ["dead-letters", "list"], ["leases"])

    def refuse_all(self, store, *says, code=STORE_UNUSABLE, **options):
        for command in self.COMMANDS:
            arguments = [a.replace("FOLDER", str(self.folder)) for a in command]
            with self.subTest(command=command):
                self.refuse(code, *arguments, "--store", store, stdin=line("a"), says=says,
                            **options)
        self.assertFalse((self.folder / "out.ecb").exists())


class Files(AllCommands):
    """They refuse files that are no store."""

    def test_that_are_missing(self):
        self.refuse_all(f"sqlite:{self.folder}/missing.db", "missing.db")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_that_are_no_database(self):
        path = self.file("letter.db", "Dear Sir or Madam, this is a letter. " * 100)
        before = path.read_bytes()
        self.refuse_all(f"sqlite:{path}", "letter.db")
        self.refuse(STORE_UNUSABLE, "init", "--store", f"sqlite:{path}", says=["letter.db"])
        self.assertEqual(path.read_bytes(), before)

    def test_that_belong_to_another_program(self):
        path = self.folder / "other.db"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE events (name TEXT)")
        connection.commit()
        connection.close()
        before = path.read_bytes()
        self.refuse_all(f"sqlite:{path}", "other.db")
        self.refuse(STORE_UNUSABLE, "init", "--store", f"sqlite:{path}", says=["other.db"])
        self.assertEqual(path.read_bytes(), before)

    def test_that_are_folders(self):
        (self.folder / "folder.db").mkdir()
        for command in (["stats"], ["init"]):
            result = self.run_tool(*command, "--store", f"sqlite:{self.folder}/folder.db")
            self.assertIn(result.returncode, (BAD_INPUT, STORE_UNUSABLE))
            self.assertEqual(result.stderr.count("\n"), 1)
            self.assertIn("folder.db", result.stderr)


    def test_that_are_empty(self):
        path = self.file("empty.db", "")
        self.refuse_all(f"sqlite:{path}", "empty.db", "not a store")
        self.assertEqual(list(self.folder.iterdir()), [path])
        self.assertEqual(path.read_bytes(), b"")
        self.succeed("init", "--store", f"sqlite:{path}")

    def test_that_are_pipes_or_devices(self):
        path = self.folder / "pipe.db"
        os.mkfifo(path)
        for command in (["stats"], ["append"], ["init"]):
            self.refuse(STORE_UNUSABLE, *command, "--store", f"sqlite:{path}",
                        says=["pipe.db", "no regular file"])


class Paths(ToolTest):
    """They are taken as they are written."""

    def test_that_mean_something_to_sqlite(self):
        for name in ("file:shop.db", ":memory:", "file:shop.db#mode", "a%20b.db"):
            with self.subTest(name=name):
                store = f"sqlite:{name}"
                self.succeed("init", "--store", store, cwd=self.folder)
                self.succeed("append", "--store", store, cwd=self.folder, stdin=line("a"))
                self.assertTrue((self.folder / name).is_file())
                self.assertTrue((self.folder / f"{name}-writers").is_file())
                self.assertIn('"stream":"a"', self.succeed("events", "--json", "--store", store,
                                                           cwd=self.folder))


class Stores(AllCommands):
    """They refuse stores that are out of order."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(line(f"s-{i}", data="x" * 100) for i in range(200)))
        self.database = self.folder / "shop.db"

    def change(self, *statements):
        """Changes the file as no store would, with SQLite itself."""
        connection = sqlite3.connect(self.database)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def drop_triggers(self):
        connection = sqlite3.connect(self.database)
        names = [row[0] for row in
                 connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        connection.close()
        self.change(*(f"DROP TRIGGER {name}" for name in names))

    def test_that_have_a_newer_schema(self):
        self.change("PRAGMA user_version = 4711")
        self.refuse_all(self.store, "4711")
        self.refuse(STORE_UNUSABLE, "init", "--store", self.store, says=["4711"])

    def test_that_are_corrupt(self):
        content = bytearray(self.database.read_bytes())
        content[100:] = os.urandom(len(content) - 100)
        self.database.write_bytes(content)
        for command in (["stats"], ["events"], ["verify"], ["append"]):
            with self.subTest(command=command):
                self.refuse(STORE_UNUSABLE, *command, "--store", self.store, stdin=line("a"))
        self.assertEqual(self.database.read_bytes(), bytes(content))

    def test_that_were_tampered_with(self):
        self.drop_triggers()
        self.change("UPDATE events SET payload = X'31' WHERE position = 100",
                    "DELETE FROM events WHERE position = 150")
        result = self.run_tool("verify", "--store", self.store)
        self.assertEqual((result.returncode, result.stderr), (FAILED, ""))
        self.assertRegex(result.stdout, r"CHECK +POSITION +FINDING\n")
        self.assertRegex(result.stdout, r"checksum +100 ")
        self.assertRegex(result.stdout, r"density +1(49|50|51) ")
        self.refuse(STORE_UNUSABLE, "backup", "--store", self.store, self.folder / "a.ecb")
        self.assertFalse((self.folder / "a.ecb").exists())

    def test_whose_events_are_not_what_was_written(self):
        self.append(line("b"), line("c"), options=["--atomic"])
        self.drop_triggers()
        archive = self.folder / "a.ecb"
        for position, change in {100: "payload = X'31'", 201: "correlation_id = 'x'",
                                 202: "schema_version = 7"}.items():
            with self.subTest(change=change):
                copy = self.database.read_bytes()
                self.change(f"UPDATE events SET {change} WHERE position = {position}")
                self.assertEqual(self.run_tool("verify", "--store", self.store).returncode, FAILED)
                for options in ([], ["--read-only"], ["--after", "99"]):
                    self.refuse(STORE_UNUSABLE, "backup", "--store", self.store, archive, *options,
                                says=["not what was written", f"position {min(position, 201)}"])
                    self.assertEqual(list(self.folder.glob("a.ecb*")), [])
                self.database.write_bytes(copy)
        self.succeed("backup", "--store", self.store, archive)

    def test_that_can_not_be_read(self):
        os.chmod(self.folder, 0o755)
        os.chmod(self.database, 0)
        self.refuse(STORE_UNUSABLE, "stats", "--store", self.store, says=["shop.db"],
                    **AS_NOBODY)

    def test_that_can_not_be_written(self):
        before = self.database.read_bytes()
        for folder, file in ((0o555, 0o444), (0o777, 0o444)):
            with self.subTest(folder=folder):
                for path in self.folder.iterdir():
                    os.chmod(path, file)
                os.chmod(self.folder, folder)
                self.refuse(STORE_UNUSABLE, "append", "--store", self.store, stdin=line("a"),
                            says=["shop.db"], **AS_NOBODY)
        os.chmod(self.folder, stat.S_IRWXU)
        self.assertEqual(self.database.read_bytes(), before)

    def test_that_can_not_be_written_are_read(self):
        folders = {self.folder: 0o555}
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        folders[elsewhere] = 0o777
        for path in self.folder.iterdir():
            os.chmod(path, 0o444)
        for path, mode in folders.items():
            os.chmod(path, mode)
        before = sorted(self.folder.iterdir())
        for command in (["stats"], ["verify"], ["events"], ["streams"], ["explain", "1"],
                        ["backup", "--read-only", elsewhere / "a.ecb"]):
            with self.subTest(command=command):
                self.succeed(*command, "--store", self.store, **AS_NOBODY)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        self.succeed("restore", "--store", "memory:", elsewhere / "a.ecb")
        os.chmod(self.folder, stat.S_IRWXU)

    def test_that_are_written_while_they_are_read_as_they_were(self):
        for path in self.folder.iterdir():
            os.chmod(path, 0o444)
        os.chmod(self.folder, 0o555)
        reader = self.start_tool("events", "--follow", "--json", "--store", self.store,
                                 **AS_NOBODY)
        self.assertTrue(reader.stdout.readline())
        os.chmod(self.folder, stat.S_IRWXU)
        self.append(line("late"))
        _, error = reader.communicate(timeout=60)
        self.assertEqual(reader.returncode, STORE_UNUSABLE, error)
        self.assertIn("open it again", error)

    def test_that_can_not_be_written_and_were_not_closed(self):
        process = self.start_tool("append", "--store", self.store, "--json")
        process.stdin.write(line("last"))
        process.stdin.flush()
        process.stdout.readline()
        os.chmod(self.folder, 0o555)
        for path in self.folder.iterdir():
            os.chmod(path, 0o444)
        self.assertIn('"stream":"last"', self.succeed(
            "events", "--json", "--store", self.store, **AS_NOBODY))
        process.kill()
        process.wait()
        os.chmod(self.folder, stat.S_IRWXU)
        (self.folder / "shop.db-shm").unlink()
        os.chmod(self.folder, 0o555)
        self.refuse(STORE_UNUSABLE, "stats", "--store", self.store, **AS_NOBODY,
                    says=["shop.db", "shop.db-wal", "may write"])
        os.chmod(self.folder, stat.S_IRWXU)
        self.assertEqual(len(self.events()), 201)

    def test_whose_disk_is_full(self):
        size = self.database.stat().st_size
        large = "".join(line("large", data="x" * 1_000_000) for _ in range(20))
        result = self.run_tool("append", "--store", self.store, "--atomic", stdin=large,
                               preexec_fn=limit_files(size + 100_000))
        self.assertEqual((result.returncode, result.stderr.count("\n")), (STORE_UNUSABLE, 1),
                         result.stderr)
        self.assertEqual(len(self.events()), 200)
        self.append(line("s-0", expected_version=1))
        self.assertIn("no findings", self.succeed("verify", "--store", self.store))


if __name__ == "__main__":
    unittest.main()
