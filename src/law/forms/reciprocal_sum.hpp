#pragma once

#include "solved_law.hpp"

/// The term 1 / sum_j C_j r_j^g_j that the laws of Shukor et al. share. Its 2K parameters are
/// log C_1..K, g_1..K.
namespace bimix::law::reciprocal_sum {

void append_parameters(std::vector<std::string>& names, std::size_t domains);
void append_bounds(std::vector<Bound>& bounds, std::size_t domains);

/// True if the sum is concave: no g exceeds 1.
/// @param parameter the term's 2K
bool is_convex(std::span<const double> parameter);

/// Pulls log C and g of all domains but the own one to their means, and all weakly to the usual.
/// @param first index of the term's first parameter among the law's
void shrink(Prior& prior, std::size_t first, std::size_t domains, int own,
            std::size_t parameter_count);

/// Starting points of the term's 2K parameters.
std::vector<std::vector<double>> starts(const DomainData& data);

/// Adds the term to the floor of a curve, with its slopes.
void add(std::span<const double> parameter, std::size_t first, std::span<const double> share,
         Curve& curve);

}  // namespace bimix::law::reciprocal_sum
