/** What stands between the person and a running chain, said once, above everything. */
import { CirclePause, FlaskConical, PlugZap, ShieldQuestion, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { useLinkState } from "../backend/context";
import { useProject } from "../backend/reads";
import { Button } from "../parts/button";
import { openOverlay } from "../parts/overlay";
import { text } from "../text";

const TONES = { calm: "bg-accent-tint text-ink", warn: "bg-warn-tint text-ink", bad: "bg-bad-tint text-ink" };

interface BannerProps {
  tone: keyof typeof TONES;
  icon: ReactNode;
  title: string;
  words: string;
  testId: string;
  children?: ReactNode;
}

function Banner({ tone, icon, title, words, testId, children }: BannerProps) {
  return (
    <div role="status" data-testid={testId} className={`flex min-h-9 shrink-0 items-center gap-2.5 border-b border-line px-4 py-1.5 text-xs ${TONES[tone]}`}>
      {icon}
      <p className="min-w-0 flex-1">
        <strong className="mr-1.5 font-semibold">{title}</strong>
        <span className="text-muted">{words}</span>
      </p>
      {children}
    </div>
  );
}

export function Banners() {
  const project = useProject().data;
  const link = useLinkState();
  return (
    <>
      {link === "offline" ? <Banner tone="bad" testId="banner-offline" icon={<Unplug aria-hidden size={14} className="shrink-0 text-bad" />} title={text.banner.offline} words={text.banner.offlineWords} /> : null}
      {project === undefined ? null : (
        <>
          {project.engine.running || link !== "online" ? null : (
            <Banner tone="bad" testId="banner-no-engine" icon={<PlugZap aria-hidden size={14} className="shrink-0 text-bad" />} title={text.banner.noEngine} words={text.banner.noEngineWords} />
          )}
          {project.engine.trusted ? null : <TrustBanner path={project.path} />}
          {project.engine.paused === null ? null : (
            <Banner tone="warn" testId="banner-paused" icon={<CirclePause aria-hidden size={14} className="shrink-0 text-warn" />} title={text.banner.paused} words={project.engine.paused === "" ? text.banner.pausedWords : project.engine.paused} />
          )}
          {project.scripted ? <Banner tone="calm" testId="banner-scripted" icon={<FlaskConical aria-hidden size={14} className="shrink-0 text-accent" />} title={text.banner.scripted} words={text.banner.scriptedWords} /> : null}
        </>
      )}
    </>
  );
}

function TrustBanner({ path }: { path: string }) {
  return (
    <Banner tone="warn" testId="banner-untrusted" icon={<ShieldQuestion aria-hidden size={14} className="shrink-0 text-warn" />} title={text.banner.untrusted} words={text.banner.untrustedWords(path)}>
      <Button look="solid" size="small" aria-haspopup="dialog" onPress={() => openOverlay("trust")} data-testid="trust">
        {text.banner.trust}
      </Button>
    </Banner>
  );
}
