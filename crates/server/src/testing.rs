//! What the tests of both protocols stand on.

use orchestron_operations::{Context, Project};
use orchestron_testkit::World;

/// The person's access to a world.
pub fn context(world: &World) -> Context {
    Context {
        store: world.store(),
        git: world.git(),
        logs: world.logs(),
        keys: world.keys(),
        programs: world.programs(),
        project: Project {
            path: "/home/me/storefront".into(),
            scripted: false,
        },
        actor: World::person().into(),
    }
}
