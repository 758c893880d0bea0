#pragma once

#include <bimix/law/law.hpp>

#include <Eigen/Core>

namespace bimix::law {

/// How far a prediction is off, in the unit that the data's fit has.
double residual_of(const DomainData& data, std::size_t row, double predicted);

/// Square root of each row's weight: M.
Eigen::VectorXd root_weights(const DomainData& data);

/// What seen - predicted of each row is multiplied by in a least-squares fit of relative or plain
/// residuals, and log seen - log predicted in one of log residuals: M.
Eigen::VectorXd row_scales(const DomainData& data);

}  // namespace bimix::law
