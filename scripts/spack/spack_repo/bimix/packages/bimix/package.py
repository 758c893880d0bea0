# Builds this source tree with the libraries of Spack 1.0 or newer. Never run: its names and variants were last
# compared with spack/spack-packages on 2026-11-29.
#   spack repo add scripts/spack/spack_repo/bimix
#   spack dev-build --source-path . bimix@main
from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class Bimix(CMakePackage):
    """Decides the data mixture of a pretraining run from cheap runs."""

    license("Apache-2.0")
    version("main")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("openmpi@4.1:")
    depends_on("hdf5+hl")
    depends_on("eigen@3.4")
    depends_on("yaml-cpp")
    depends_on("fmt@9:")
    depends_on("onednn")
    depends_on("abseil-cpp")
    depends_on("cli11")
    depends_on("nlohmann-json@3.9:")
    depends_on("boost@1.71:")
    depends_on("xxhash")
    depends_on("simdjson")
    depends_on("zlib-api")
    depends_on("zstd")
    depends_on("sentencepiece")
    depends_on("random123")

    generator("ninja")

    def cmake_args(self):
        return [self.define("BIMIX_TESTS", False)]
