#pragma once
#include "quality/phantom_result.hpp"

/// The analyses of modules; each is a ModuleAnalysis.
namespace snitt::quality {

/// HU of the rods, linearity (least squares of measured on nominal), contrast scale of acrylic and air.
void analyze_inserts(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                     PhantomFindings& findings);
/// Sides and diagonals of the square of holes, diameter of the body, scale of the pixels.
void analyze_geometry(const PhantomScan& scan, const FoundModule& found,
                      const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Slice thickness from wires inclined against the slice: full width at half maximum times the tangent.
void analyze_ramps(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                   PhantomFindings& findings);
/// Center against edges, integral non-uniformity, cupping, noise and its spectrum.
void analyze_uniformity(const PhantomScan& scan, const FoundModule& found,
                        const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Task transfer function of each rod that stands out.
void analyze_insert_edges(const PhantomScan& scan, const FoundModule& found,
                          const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Modulation transfer function of wires and beads.
void analyze_points(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                    PhantomFindings& findings);
/// Modulation of groups of bars (Droege and Morin 1982).
void analyze_line_pairs(const PhantomScan& scan, const FoundModule& found,
                        const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Contrast of the targets, and the smallest that exceeds the statistical limit.
void analyze_low_contrast(const PhantomScan& scan, const FoundModule& found,
                          const PhantomAnalysisOptions& options, PhantomFindings& findings);

/// Slice thickness by counting the short wires, a step of z apart, that a slice shows (ACR module 1). Rows of
/// them are looked for near the middle of the module, for their place is not documented.
void analyze_wire_rows(const PhantomScan& scan, const FoundModule& found,
                       const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Contrast over noise of a target of 20 mm and more against a region beside it, slice by slice (ACR: |A - B|
/// / SD of B).
void analyze_contrast_rod(const PhantomScan& scan, const FoundModule& found,
                          const PhantomAnalysisOptions& options, PhantomFindings& findings);
/// Distance of the two beads of a uniform module.
void analyze_bead_distance(const PhantomScan& scan, const FoundModule& found,
                           const PhantomAnalysisOptions& options, PhantomFindings& findings);

/// A phantom whose modules have diameters of their own (Mercury): d' of an object of 5 mm, C (1 - (r/R)^2),
/// with the contrast and the resolution of each insert and the noise of its diameter, and its fall with the
/// diameter, alpha exp(beta D). After the analyses of the modules.
void analyze_diameters(const PhantomScan& scan, const PhantomAnalysisOptions& options,
                       PhantomFindings& findings);

/// Everything: each analysis on each found module, then d' of the tasks from the most alike insert's
/// resolution and the noise of the uniform module.
PhantomFindings analyze_phantom(const PhantomScan& scan, const PhantomAnalysisOptions& options);

}  // namespace snitt::quality
