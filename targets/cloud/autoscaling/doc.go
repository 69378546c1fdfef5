// Package autoscaling imitates Amazon EC2 Auto Scaling in its own words: a group that
// keeps its desired capacity, spreads it over its Availability Zones, replaces
// instances that are unhealthy, and moves the desired capacity by its policies and at
// scheduled times.
//
// A [Group] is one Auto Scaling group. Its methods are named like the operations of the
// EC2 Auto Scaling API and refuse with a [cloud.APIError]. It launches and terminates
// through a [Fleet], registers with a load balancer through [Targets] and reads
// [Metrics]; whoever puts a lab together implements these.
//
// What the group does is a function of its state, of what it sees and of the time
// ([core.step] and the files beside it): it returns orders and says events. [Group.Run]
// looks, carries the orders out and tells the outcome. A core knows AWS time only, so
// that its tests are scripts without a clock.
//
// The periodic check comes at the group's epoch + k x [CheckEvery]: it acts upon what
// the load balancer and the status checks say, evaluates the alarms, and looks at the
// balance of the zones. What EC2 says of an instance's state is acted upon at once.
//
// Rules carry the page of the Amazon EC2 Auto Scaling User Guide that they imitate, in
// its edition of mid 2023 unless another is named. A value without such a page says
// "unverified". [Timings] lists every timing with its source.
package autoscaling
