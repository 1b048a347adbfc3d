#pragma once

namespace snitt {

/// Instruction sets that kernels are compiled for; each gives the same bytes.
enum class InstructionSet { baseline, avx2, avx512 };

/// The best one this processor has.
InstructionSet best_instruction_set();

}  // namespace snitt
