#pragma once
#include <string>

namespace snitt::shell {

/// Call before any other thread starts. Stop signals (INT TERM HUP XCPU) are blocked in every thread and
/// awaited by one that removes unfinished outputs and leaves with 128 + signal; one that was ignored from the
/// start (nohup) stays ignored. A full quota or a closed pipe becomes an error of the write instead of a
/// signal.
void handle_stop_signals(const std::string& program);

}  // namespace snitt::shell
