// Flat index of an invocation in a grid that was folded into two dimensions because one dimension holds 65,535 groups at most.

fn flat_invocation(group: vec3u, groups: vec3u, local_index: u32, group_size: u32) -> u32 {
  return (group.y * groups.x + group.x) * group_size + local_index;
}
