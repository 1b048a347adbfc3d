#pragma once
#include <vector>

#include "statistics/reader_study.hpp"

namespace snitt::statistics {

/// Unbiased variances of the readers' mean area and of differences between modalities, for readers and cases
/// that are random, by the one-shot moments of Gallas 2006 (Acad Radiol 13:353), as iMRMC has them: no model
/// of the scores. Beside compare_readers(), whose covariances assume the same for every reader.
struct ReaderMoments {
  double value = 0;     ///< mean area, or difference of mean areas
  double variance = 0;  ///< unbiased, so it may be negative when it is small
};

/// Of one modality.
ReaderMoments area_moments(const ReaderStudy& study, std::size_t modality);
/// Of the first's area minus the second's, on the same readers and cases.
ReaderMoments difference_moments(const ReaderStudy& study, std::size_t first, std::size_t second);

}  // namespace snitt::statistics
