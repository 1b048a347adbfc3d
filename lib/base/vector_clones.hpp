#pragma once

/// Marks a function whose loops are compiled once per instruction set; the fastest that the processor has is
/// taken at run time. Contraction is off everywhere, so all give the same bytes. Not with sanitizers: they
/// instrument the resolver, which runs before they are initialised.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SNITT_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SNITT_VECTOR_CLONES
#endif
