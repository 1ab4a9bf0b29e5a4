/** Which project this is; in the desktop app also the way to the others. */
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronDown, SquareArrowOutUpRight } from "lucide-react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useBackend } from "../backend/context";
import { useRead } from "../backend/reads";
import { useWrite } from "../backend/writes";
import type { ProjectView } from "../backend/wire";
import { text } from "../text";

const ANOTHER = "another";
const APART = "apart:";
const PILL = "flex h-6.5 max-w-64 shrink-0 items-center gap-1.5 rounded-full border border-line px-3 text-xs font-semibold";

export function Projects({ project }: { project: ProjectView }) {
  const { isDesktop } = useBackend();
  if (isDesktop) return <ProjectMenu project={project} />;
  return (
    <span title={project.path} className={PILL}>
      <span className="truncate">{project.name}</span>
    </span>
  );
}

function ProjectMenu({ project }: { project: ProjectView }) {
  const recent = useRead("desktop", {}).data?.recent.filter(({ there }) => there) ?? [];
  const open = useWrite("desktop-open");
  const navigate = useNavigate();
  const others = recent.filter(({ path }) => path !== project.path);
  const onAction = (key: string) => {
    if (key === ANOTHER) void navigate({ to: "/welcome", search: { another: true } });
    else if (key.startsWith(APART)) open.mutate({ path: key.slice(APART.length), new_window: true });
    else if (key !== project.path) open.mutate({ path: key, new_window: false });
  };
  return (
    <MenuTrigger>
      <Button aria-label={`${text.projects.menu}: ${project.name}`} data-testid="projects" className={`${PILL} transition-colors duration-100 data-hovered:border-ghost`}>
        <span className="truncate">{project.name}</span>
        <ChevronDown aria-hidden size={12} strokeWidth={2.25} className="shrink-0 text-faint" />
      </Button>
      <Popover data-overlay="" offset={6} className="animate-rise rounded-lg border border-line bg-surface p-1 shadow-over">
        <Menu aria-label={text.projects.menu} onAction={(key) => onAction(String(key))} className="max-h-96 min-w-72 overflow-auto outline-none">
          <MenuSection>
            <Header className="px-2.5 py-1 text-2xs font-semibold text-faint">{text.projects.switch}</Header>
            {[{ path: project.path, name: project.name }, ...others].map(({ path, name }) => (
              <MenuItem key={path} id={path} textValue={name} className={ITEM}>
                <Check aria-hidden size={13} className={path === project.path ? "shrink-0 text-accent" : "invisible shrink-0"} />
                <span className="min-w-0">
                  <span className="block truncate">{name}</span>
                  <span className="block truncate font-mono text-2xs text-muted">{path}</span>
                </span>
              </MenuItem>
            ))}
          </MenuSection>
          {others.length === 0 ? null : (
            <MenuSection>
              <Header className="px-2.5 pt-2 pb-1 text-2xs font-semibold text-faint">{text.projects.newWindow}</Header>
              {others.map(({ path, name }) => (
                <MenuItem key={path} id={`${APART}${path}`} textValue={text.projects.inWindow(name)} aria-label={text.projects.inWindow(name)} className={ITEM}>
                  <SquareArrowOutUpRight aria-hidden size={13} className="shrink-0 text-faint" />
                  <span className="truncate">{name}</span>
                </MenuItem>
              ))}
            </MenuSection>
          )}
          <Separator className="my-1 h-px bg-line-soft" />
          <MenuItem id={ANOTHER} className={ITEM}>
            <span className="w-[0.8125rem] shrink-0" />
            {text.projects.another}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

const ITEM = "flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm outline-none data-focused:bg-raised";
