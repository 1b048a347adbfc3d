// Writes the manual page of a layout: layout_page NAME FILE. Used by the build alone.
#include "store/layout_page.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return static_cast<int>(snitt::ExitStatus::usage);
  try {
    std::filesystem::create_directories(std::filesystem::path(argv[2]).parent_path());
    std::ofstream file(argv[2]);
    file << snitt::store::manual_page(snitt::store::schema_for(argv[1]));
    file.close();
    return file ? 0 : static_cast<int>(snitt::ExitStatus::output);
  } catch (const snitt::Error& error) {
    std::fprintf(stderr, "layout_page: error: %s\n", error.what());
    return static_cast<int>(error.status());
  }
}
