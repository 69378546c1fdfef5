// Package ec2 imitates Amazon EC2 in its own words: instance types, the states of
// an instance and how long they last, stop-modify-start, public and elastic
// addresses, user data, status checks and CPU credits.
//
// A [Region] is the account's view of one AWS Region. Its methods are named like
// the operations of the EC2 API and refuse with an [APIError] that carries the code
// EC2 uses. What an operation starts (a shutdown, a boot) goes on in [Region.Run],
// which owns every goroutine of the package. Machines are really run by a
// [cloud.Backend]; this package decides when they exist and on which addresses.
//
// The decisions are functions of values with time as an argument (lifecycle.go,
// credits.go, status.go, billing.go); region.go carries them out.
//
// Rules carry the page of the AWS documentation that they imitate, in its edition
// of mid 2023. A duration without such a page says "measured" or "unverified".
package ec2
