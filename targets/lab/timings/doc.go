// Package timings writes docs/timings.md: every timing of the load balancers and the Auto
// Scaling groups, the documented range against what was measured.
//
// The list of what is documented is [Documented]: what elb and autoscaling say of
// themselves, and what takes both of them and EC2 together. What is measured comes from
// real labs ([Measure]): their topologies are the cells of an embedded stage file, and in
// each of them scripts break, register, scale and ask, and read the times from the events
// of the lab and from the answers of real requests.
package timings
