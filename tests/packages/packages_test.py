"""What the Debian packages say and hold, and that what they hold works where they are unpacked.

usage: packages_test.py FOLDER-OF-PACKAGES PATH-OF-cmake PATH-OF-compiler PATH-OF-pkg-config
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER, CMAKE, COMPILER, PKG_CONFIG = sys.argv[1:]
ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r"project\(.*?VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.S)[1]
NAMES = ["eventcore-shop", "eventcore-tools", "libeventcore-dev"]
FOUND = {"Boost": "libboost1.81-dev", "CURL": "libcurl4-openssl-dev", "GTest": "libgmock-dev",
         "PostgreSQL": "libpq-dev", "Protobuf": "libprotobuf-dev", "SQLite3": "libsqlite3-dev",
         "ZLIB": "zlib1g-dev", "gRPC": "libgrpc++-dev", "nlohmann_json": "nlohmann-json3-dev",
         "prometheus-cpp": "prometheus-cpp-dev", "spdlog": "libspdlog-dev",
         "xxhash": "libxxhash-dev", "Threads": None}


def run(*command, text=None):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                          input=text)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def needed(program):
    """Returns the packages of the libraries that a program names, each with what it provides."""
    libraries = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", program))
    assert libraries, program
    places = run("/sbin/ldconfig", "-p")
    for library in libraries:
        path = re.search(rf"^\s*{re.escape(library)} .*=> (\S+)", places, re.M)[1]
        # /lib is /usr/lib, and packages know a file by either name.
        for name in dict.fromkeys((path, str(pathlib.Path(path).resolve()), "/usr" + path)):
            owner = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
            if owner.returncode == 0:
                name = owner.stdout.split(":")[0]
                provided = run("dpkg-query", "-W", "-f", "${Provides}", name)
                yield {name} | {word.split()[0] for word in provided.split(", ") if word}
                break
        else:
            raise AssertionError(f"no package has {path}")


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        cls.files = {path.name.split("_")[0]: path for path in pathlib.Path(FOLDER).glob("*.deb")}
        assert sorted(cls.files) == NAMES, cls.files
        for name, path in cls.files.items():
            run("dpkg-deb", "-x", str(path), str(cls.root / name))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def field(self, name, field):
        return run("dpkg-deb", "-f", str(self.files[name]), field).strip()

    def depends(self, name):
        return {word.split()[0] for word in self.field(name, "Depends").split(", ")}

    def content(self, name):
        return [line.split(None, 5) for line in
                run("dpkg-deb", "-c", str(self.files[name])).splitlines()]

    def test_versions_are_the_projects(self):
        for name in NAMES:
            self.assertEqual(self.field(name, "Version"), VERSION + "-1", name)
            summary = self.field(name, "Description").splitlines()[0]
            self.assertTrue(20 < len(summary) < 80, summary)

    def test_all_is_below_usr_and_belongs_to_root(self):
        for name in NAMES:
            for mode, owner, *_, path in self.content(name):
                self.assertEqual(owner, "root/root", path)
                self.assertRegex(path, r"^\./(usr/.*)?$")
                self.assertRegex(mode, "^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--)$", path)

    def test_every_file_is_in_one_package(self):
        files = [path for name in NAMES for mode, *_, path in self.content(name)
                 if not mode.startswith("d")]
        self.assertEqual(len(files), len(set(files)))

    def test_programs_depend_on_what_they_link(self):
        for name, program in (("eventcore-tools", "eventcore"),
                              ("eventcore-shop", "eventcore-shop")):
            path = self.root / name / "usr/bin" / program
            for names in needed(str(path)):
                self.assertTrue(names & self.depends(name), names)
            self.assertNotIn(".debug_line", run("objdump", "-h", str(path)))

    def test_the_library_depends_on_what_its_components_find(self):
        config = self.root / "libeventcore-dev/usr/lib/cmake/eventcore"
        found = {name for path in config.glob("*-dependencies.cmake")
                 for name in re.findall(r"find_dependency\((\S+?)[ )]", path.read_text())}
        self.assertEqual(found, set(FOUND))
        self.assertLessEqual({FOUND[name] for name in found} - {None},
                             self.depends("libeventcore-dev"))

    def test_the_library_is_whole(self):
        usr = self.root / "libeventcore-dev/usr"
        headers = {str(path.relative_to(ROOT / "include"))
                   for path in (ROOT / "include").rglob("*.hpp")}
        self.assertEqual(headers, {str(path.relative_to(usr / "include"))
                                   for path in (usr / "include").rglob("*.hpp")})
        components = {path.name for path in (usr / "lib/cmake/eventcore").glob("*-targets.cmake")}
        modules = {path.stem for path in (usr / "lib/pkgconfig").glob("*.pc")}
        self.assertEqual(modules, {name.removesuffix("-targets.cmake") for name in components})
        for path in usr.rglob("*"):
            if path.suffix in (".cmake", ".pc"):
                self.assertNotIn(str(ROOT), path.read_text(), path)

    def test_the_tool_works(self):
        tool = str(self.root / "eventcore-tools/usr/bin/eventcore")
        store = f"sqlite:{self.root}/tool.db"
        self.assertIn(VERSION, run(tool, "--version"))
        self.assertIn("\nSubcommands:\n", run(tool, "--help"))
        run(tool, "init", "--store", store)
        run(tool, "append", "--store", store,
            text='{"stream":"hello-1","type":"Greeted","data":{"name":"you"}}\n')
        self.assertEqual(json.loads(run(tool, "stats", "--store", store, "--json"))["events"], 1)

    def test_a_program_links_the_library(self):
        run(CMAKE, "-D", f"COMPILER={COMPILER}", "-D", f"PKG_CONFIG={PKG_CONFIG}", "-D",
            f"SOURCE={ROOT}/tests/consumer/project/main.cpp", "-D",
            f"PREFIX={self.root}/libeventcore-dev/usr", "-D", "LIBDIR=lib", "-D",
            f"PROGRAM={self.root}/program", "-P", str(ROOT / "tests/consumer/pkg_config.cmake"))

    def test_the_unit_starts_what_is_in_its_package(self):
        folder = self.root / "eventcore-shop"
        unit = (folder / "usr/lib/systemd/system/eventcore-shop.service").read_text()
        for path in re.findall(r"^(?:ExecStart=|Documentation=file:)(\S+)", unit, re.M):
            self.assertTrue((folder / path[1:]).exists(), path)
        self.assertFalse(list(folder.rglob("*.wants")), "it is not enabled")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
