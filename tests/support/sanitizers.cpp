// Linked into every program of a sanitizer build (scripts/cmake/asan.cmake) and into no other.

// Open MPI closes its plug-ins at the end, and a leak report could then not name, and so not
// suppress, the module that a stack came from. Modules stay loaded instead.
extern "C" int dlclose(void*) { return 0; }

// What Open MPI and the libraries below it allocate once and never free. Nothing of bimix may be
// added here: its own leaks fail the tests.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libmpi.so\n"
         "leak:libopen-pal\n"
         "leak:libopen-rte\n"
         "leak:libpmix\n"
         "leak:mca_\n"
         "leak:libevent\n"
         "leak:libhwloc\n"
         "leak:libucs\n"
         "leak:libucp\n"
         "leak:libfabric\n"
         "leak:libpsm\n"
         "leak:libibverbs\n"
         "leak:librdmacm\n"
         "leak:libnl\n"
         "leak:libdbus\n"
         "leak:ld-linux\n"
         "leak:__vasprintf_internal\n";  // asprintf in Open MPI, when the frames above are lost
}

extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=0:strict_string_checks=1:check_initialization_order=1";
}

extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }
