"""`eventcore backup` and `eventcore restore`."""

import os
import signal
import threading
import unittest

from tool import BAD_INPUT, CONFLICT, FAILED, STORE_UNUSABLE, ToolTest, line


class BackupTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.init()
        self.copy = f"sqlite:{self.folder}/copy.db"

    def path(self, name):
        return self.folder / name

    def backup(self, name, *options):
        [done] = self.objects("backup", "--store", self.store, self.path(name), *options)
        return done

    def restore(self, *names, options=(), store=None):
        [done] = self.objects("restore", "--store", store or self.copy,
                              *map(self.path, names), *options)
        return done

    def refuse_restore(self, code, *names, says=(), options=(), store=None):
        return self.refuse(code, "restore", "--store", store or self.copy,
                           *map(self.path, names), *options, says=says)

    def assert_copied(self):
        self.assertEqual(self.events(store=self.copy), self.events())
        for position in (1, self.events()[-1]["position"]):
            self.assertEqual(*(self.succeed("explain", "--store", store, position, "--json")
                               for store in (self.store, self.copy)))
        self.assertIn("no findings", self.succeed("verify", "--store", self.copy))


class Backup(BackupTest):
    def test_brings_everything_back(self):
        metadata = {"correlation_id": "c", "causation_id": "d", "user": "ann",
                    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        self.append(line("a", data={"x": 1.50}, metadata=metadata, schema_version=2),
                    '{"stream":"b","type":"Bytes","data_base64":"AAH/"}\n')
        self.append(line("a"), line("c"), line("a"), options=["--atomic"])
        done = self.backup("full.ecb")
        self.assertEqual((done["events"], done["batches"], done["last_position"]), (5, 3, 5))
        self.assertEqual(done["size_bytes"], self.path("full.ecb").stat().st_size)
        restored = self.restore("full.ecb")
        self.assertEqual((restored["events"], restored["head"], restored["complete"]), (5, 5, True))
        self.assert_copied()

    def test_is_remembered_by_the_store(self):
        self.append(line("a"))
        self.backup("unseen.ecb", "--read-only")
        self.assertIsNone(self.objects("stats", "--store", self.store)[0]["last_backup"])
        self.backup("seen.ecb")
        self.assertIsNotNone(self.objects("stats", "--store", self.store)[0]["last_backup"])

    def stats(self):
        return self.objects("stats", "--store", self.store)[0]

    def test_that_fails_is_remembered_too(self):
        self.append(line("a"))
        self.path("full.ecb").write_text("something else")
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path("full.ecb"))
        self.assertIsNone(self.stats()["last_failed_backup"], "nothing was tried")
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path("next.ecb"),
                    "--incremental-from", self.path("full.ecb"))
        self.assertIsNotNone(self.stats()["last_failed_backup"])
        self.assertRegex(self.succeed("stats", "--store", self.store),
                         r"last backup +never; failed .* ago\n")

    def test_that_was_tried_is_remembered(self):
        self.append(line("a"), line("b"))
        self.backup("full.ecb")
        restored = self.restore("full.ecb", options=("--verify", "--remember-in", self.store),
                                store="memory:")
        self.assertTrue(restored["complete"])
        tried = self.stats()["last_restore"]
        self.assertIsNotNone(tried)

        self.succeed("init", "--store", self.copy)
        refused = self.refuse_restore(BAD_INPUT, "full.ecb", store="memory:",
                                      options=("--verify", "--remember-in", self.copy))
        self.assertIn("is not the store that the backups are of", refused.stderr)
        self.refuse_restore(BAD_INPUT, "full.ecb", store="memory:",
                            options=("--remember-in", self.store))

        damaged = bytearray(self.path("full.ecb").read_bytes())
        damaged[-20] ^= 1
        self.path("full.ecb").write_bytes(damaged)
        self.refuse_restore(BAD_INPUT, "full.ecb", store="memory:",
                            options=("--verify", "--remember-in", self.store))
        self.assertEqual(self.stats()["last_restore"], tried)
        self.assertGreater(self.stats()["last_failed_restore"], tried)

    def test_takes_an_empty_store(self):
        self.assertEqual(self.backup("empty.ecb")["events"], 0)
        self.assertEqual(self.restore("empty.ecb")["events"], 0)
        self.append(line("a"))
        self.backup("next.ecb", "--incremental-from", self.path("empty.ecb"))
        self.restore("next.ecb")
        self.assert_copied()

    def test_continues_another_one(self):
        self.append(*(line("a", data=i) for i in range(10)))
        self.backup("1.ecb")
        self.append(line("b"), line("a"), options=["--atomic"])
        second = self.backup("2.ecb", "--incremental-from", self.path("1.ecb"))
        self.assertEqual((second["after_position"], second["events"]), (10, 2))
        self.append(line("c"))
        third = self.backup("3.ecb", "--after", 12)
        self.assertEqual(third["events"], 1)
        self.restore("1.ecb", "2.ecb")
        self.restore("3.ecb")
        self.assert_copied()

    def test_copies_while_writing_goes_on(self):
        self.append(*(line(f"s-{i % 10}", data="x" * 500) for i in range(5_000)))
        end = threading.Event()

        def write():
            while not end.is_set():
                self.append(*(line("busy") for _ in range(20)))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for i in range(3):
                done = self.backup(f"{i}.ecb")
                self.assertGreaterEqual(done["events"], 5_000)
        finally:
            end.set()
            writer.join()
        restored = self.restore("2.ecb")
        self.assertEqual(self.events(store=self.copy), self.events()[:restored["events"]])

    def test_speaks_to_people(self):
        self.append(line("a"))
        text = self.succeed("backup", "--store", self.store, self.path("a.ecb"))
        self.assertIn("1 event in 1 batch behind position 0, up to 1; ", text)
        text = self.succeed("restore", "--store", self.copy, self.path("a.ecb"))
        self.assertEqual(text, "restored 1 event in 1 batch; the head is position 1\n")

    def test_does_not_replace_a_file_unasked(self):
        path = self.file("a.ecb", "precious")
        self.refuse(BAD_INPUT, "backup", "--store", self.store, path, says=["--force"])
        self.assertEqual(path.read_text(), "precious")
        self.backup("a.ecb", "--force")
        self.restore("a.ecb")

    def test_never_replaces_what_it_is_made_from(self):
        self.append(line("a"))
        self.backup("base.ecb")
        (self.folder / "here").symlink_to(self.folder)
        before = {path: path.read_bytes() for path in self.folder.glob("*.*")}
        for name in ("shop.db", "here/shop.db", "shop.db-wal", "shop.db-shm", "shop.db-writers",
                     "base.ecb"):
            for options in ([], ["--read-only"]):
                self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path(name), "--force",
                            "--incremental-from", self.path("base.ecb"), *options,
                            says=["made from"])
        self.assertEqual({path: path.read_bytes() for path in self.folder.glob("*.*")}, before)

    def test_never_writes_by_way_of_what_it_is_made_from(self):
        store = f"sqlite:{self.folder}/a.ecb.partial"
        self.succeed("init", "--store", store)
        before = self.path("a.ecb.partial").read_bytes()
        self.refuse(BAD_INPUT, "backup", "--store", store, self.path("a.ecb"), says=["made from"])
        self.assertEqual(self.path("a.ecb.partial").read_bytes(), before)

    def test_replaces_nothing_but_files(self):
        os.mkfifo(self.path("fifo"))
        self.path("folder").mkdir()
        for name in ("fifo", "folder"):
            self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path(name), "--force",
                        says=["no regular file"])
        self.refuse(BAD_INPUT, "backup", "--store", self.store, "", says=["needs a name"])

    def test_refuses_places_that_it_can_not_write(self):
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.folder / "missing" / "a.ecb",
                    says=["No such file"])

    def test_refuses_a_base_that_is_not_of_this_store(self):
        self.append(line("a"))
        self.succeed("init", "--store", self.copy)
        self.succeed("append", "--store", self.copy, stdin=line("b"))
        self.succeed("backup", "--store", self.copy, self.path("other.ecb"))
        self.refuse(CONFLICT, "backup", "--store", self.store, self.path("a.ecb"),
                    "--incremental-from", self.path("other.ecb"), says=["another store"])
        self.assertFalse(self.path("a.ecb").exists())

    def test_begins_between_commands_only(self):
        self.append(line("a"), line("b"), options=["--atomic"])
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path("a.ecb"), "--after", 1,
                    says=["inside of a command", "position 2"])
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path("a.ecb"), "--after", 3,
                    says=["behind the head"])

    def test_leaves_nothing_behind_on_a_full_disk(self):
        self.append(*(line("a", data=os.urandom(500).hex()) for _ in range(500)))

        def limit_files():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

        self.refuse(FAILED, "backup", "--store", self.store, self.path("a.ecb"), "--read-only",
                    says=["a.ecb", "too large"], preexec_fn=limit_files)
        self.assertEqual(list(self.folder.glob("a.ecb*")), [])


class Restore(BackupTest):
    def setUp(self):
        super().setUp()
        self.append(*(line(f"s-{i % 7}", data=i) for i in range(50)))
        self.backup("1.ecb")
        self.append(*(line(f"s-{i % 7}", data=i) for i in range(50)))
        self.backup("2.ecb", "--incremental-from", self.path("1.ecb"))

    def test_needs_an_empty_store(self):
        self.restore("1.ecb")
        before = self.events(store=self.copy)
        self.refuse_restore(CONFLICT, "1.ecb", says=["50 events", "--resume"])
        self.assertEqual(self.events(store=self.copy), before)

    def test_needs_the_store_that_it_continues(self):
        self.refuse_restore(STORE_UNUSABLE, "2.ecb")
        self.assertFalse(self.path("copy.db").exists())
        self.succeed("init", "--store", self.copy)
        self.refuse_restore(CONFLICT, "2.ecb", says=["earlier archives"])
        self.succeed("append", "--store", self.copy, stdin=50 * line("other"))
        self.refuse_restore(CONFLICT, "2.ecb", says=["another"])
        self.refuse_restore(CONFLICT, "1.ecb", "2.ecb", options=["--resume"],
                            says=["other events"])
        self.assertEqual(len(self.events(store=self.copy)), 50)

    def test_needs_archives_that_follow_each_other(self):
        self.refuse_restore(BAD_INPUT, "2.ecb", "1.ecb", says=["1.ecb does not continue"])
        self.refuse_restore(BAD_INPUT, "1.ecb", "1.ecb", says=["does not continue"])
        self.assertFalse(self.path("copy.db").exists())

    def test_resumes_where_it_was_interrupted(self):
        self.restore("1.ecb")
        self.assertEqual(self.restore("1.ecb", "2.ecb", options=["--resume"])["events"], 50)
        self.assertEqual(self.restore("1.ecb", "2.ecb", options=["--resume"])["events"], 0)
        self.assert_copied()
        self.succeed("append", "--store", self.copy, stdin=line("new"))
        self.refuse_restore(CONFLICT, "1.ecb", "2.ecb", options=["--resume"])

    def test_writes_nothing_of_damaged_archives(self):
        good = self.path("2.ecb").read_bytes()
        flipped = bytearray(good)
        flipped[len(good) // 2] ^= 1
        cases = {
            "cut off": (good[:-1], f"offset {len(good) - 1}"),
            "no TAIL": (good[:good.rindex(b"TAIL")], f"offset {good.rindex(b'TAIL')}"),
            "checksum": (bytes(flipped), "damaged at offset"),
            "behind the end": (good + b"x", f"offset {len(good)}"),
            "no backup": (b"precious text", "bad.ecb"),
        }
        for reason, (content, where) in cases.items():
            with self.subTest(reason=reason):
                self.file("bad.ecb", content)
                self.refuse_restore(BAD_INPUT, "1.ecb", "bad.ecb", says=["bad.ecb", where, reason])
                self.assertFalse(self.path("copy.db").exists())
        self.refuse_restore(BAD_INPUT, "missing.ecb", says=["missing.ecb", "No such file"])

    def test_needs_files(self):
        os.mkfifo(self.path("fifo"))
        self.refuse_restore(BAD_INPUT, "fifo", says=["fifo", "no regular file"])
        self.refuse(BAD_INPUT, "backup", "--store", self.store, self.path("3.ecb"),
                    "--incremental-from", self.path("fifo"), says=["fifo", "no regular file"])

    def test_can_be_rehearsed_in_memory(self):
        done = self.restore("1.ecb", "2.ecb", store="memory:")
        self.assertEqual(done["events"], 100)

    def test_lets_commands_go_on(self):
        self.restore("1.ecb", "2.ecb")
        versions = {s["stream"]: s["version"] for s in self.objects("streams", "--store", self.copy)}
        self.succeed("append", "--store", self.copy,
                     stdin=line("s-0", expected_version=versions["s-0"]))
        self.assertEqual(self.events("--after", 100, store=self.copy)[0]["position"], 101)


if __name__ == "__main__":
    unittest.main()
