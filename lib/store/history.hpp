#pragma once
#include <string>
#include <vector>

namespace snitt::store {

/// A foreign file that the story starts from: what a person must find again to rebuild.
struct HistoryInput {
  std::string placeholder;  ///< "INPUT-1"
  std::string sha256;
};

/// The commands that rebuild a file, in the order in which to run them; the last one makes the file. Inputs
/// that no Snitt tool made are placeholders; intermediate files are step-1.h5, step-2.h5, …; a file used
/// twice is made once.
struct History {
  std::vector<HistoryInput> inputs;
  std::vector<std::string> commands;
};

/// `provenance` is the JSON text of a file's /provenance. Throws InputError naming what is wrong with it.
History history_from(const std::string& provenance);

}  // namespace snitt::store
