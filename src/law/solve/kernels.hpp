#pragma once

#include <Eigen/Core>

/// What fits of many mixtures spend their time on. Where the processor has wide vectors they are
/// used; each number is made by the same operations in the same order, so the bits do not depend on
/// it.
namespace bimix::law {

/// exp of each, to two units of the last digit. Below -708 it is exp(-708), above 709 exp(709).
void exponentials(Eigen::Ref<Eigen::ArrayXd> values);

/// columns' columns: (n, n). @param columns (M, n)
Eigen::MatrixXd gram(const Eigen::MatrixXd& columns);

}  // namespace bimix::law
