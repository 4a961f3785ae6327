package selector

import (
	"math"
	"math/rand/v2"
)

// features is how many numbers a bandit describes an option by.
const features = 7

type vector [features]float64

// Note: gonum's mat has the algebra of this. It is by hand so that this package
// imports no more than quantities, and arrays of this size need no allocation in
// a decision.

// A regression is Bayesian linear regression of y on x with known noise: what
// it believes of the coefficients is normal, with precision times mean known.
type regression struct {
	precision [features]vector // symmetric, positive definite
	moment    vector           // precision · mean
	noise     float64          // standard deviation of y around the line
}

// newRegression believes that each coefficient is mean, give or take sd.
func newRegression(mean vector, sd, noise float64) regression {
	r := regression{noise: noise}
	for i := range mean {
		r.precision[i][i] = 1 / (sd * sd)
		r.moment[i] = mean[i] / (sd * sd)
	}
	return r
}

// learn takes in one observation.
func (r *regression) learn(x vector, y float64) {
	w := 1 / (r.noise * r.noise)
	for i := range x {
		for j := range x {
			r.precision[i][j] += w * x[i] * x[j]
		}
		r.moment[i] += w * x[i] * y
	}
}

// draw draws coefficients from what it believes of them.
func (r *regression) draw(rng *rand.Rand) vector {
	l := r.cholesky()
	// mean solves L·Lᵀ·mean = moment; Lᵀ·d = z is normal with the inverse of
	// the precision as its covariance. So one solves Lᵀ·(mean + d) = y + z.
	var y vector
	for i := range y {
		y[i] = r.moment[i]
		for j := range i {
			y[i] -= l[i][j] * y[j]
		}
		y[i] /= l[i][i]
	}
	for i := range y {
		y[i] += rng.NormFloat64()
	}
	for i := features - 1; i >= 0; i-- {
		for j := i + 1; j < features; j++ {
			y[i] -= l[j][i] * y[j]
		}
		y[i] /= l[i][i]
	}
	return y
}

// cholesky is the lower triangle L with L·Lᵀ the precision, which the prior
// keeps positive definite.
func (r *regression) cholesky() (l [features]vector) {
	for i := range features {
		for j := range i + 1 {
			sum := r.precision[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(sum)
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	return l
}

// dot is the scalar product.
func (x *vector) dot(y *vector) (sum float64) {
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
