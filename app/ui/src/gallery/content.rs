//! Words, notices, figures and work under way.

use leptos::prelude::*;

use super::{section, strings};
use crate::{
    Avatar, Banner, BarChart, Button, Card, DescriptionList, Detail, DonutChart, EmptyState, FileDrop, Icon, Kbd,
    KeyFigure, Keys, LineChart, Progress, RecordMark, Series, SkeletonLines, SkeletonRecord, SkeletonRows, Sparkline,
    Status, Steps, Tag, Timeline, TimelineItem, Toast, Tone, Who, status, toast::toast_view,
};

pub(super) fn words() -> AnyView {
    let colours = ["Draft", "Prospect", "Customer", "At risk", "Lost", "Partner", "Supplier", "Press", "Grower"];
    let states = colours
        .iter()
        .enumerate()
        .map(|(at, label)| status((*label).to_owned(), u8::try_from(at).unwrap_or_default(), None))
        .collect_view();
    let people = ["Dana Okafor", "Ana Sousa", "Tom Lind", "Priya Raman", "Jonas Weber", "Li Wei", "Zoë Ward"];
    let avatars = people.iter().map(|name| view! { <Avatar name=*name alone=true /> }).collect_view();
    let inner = view! {
        <div class="demo">{states}</div>
        <div class="demo">
            <Tag label="Renewal" />
            <Tag label="Europe" color=6 icon="globe" />
            <Tag label="A tag whose words run on far longer than anyone planned for" color=5 />
            <Status label="Paid" color=2 icon="done" />
            <Status label="Overdue" color=4 icon="warning" />
        </div>
        <div class="demo">
            {avatars}
            <Avatar name="Dana Okafor" size="large" />
            <Avatar name="Dana Okafor" size="small" />
            <span class="avatars">
                <Avatar name="Ana Sousa" />
                <Avatar name="Tom Lind" />
                <Avatar name="Priya Raman" />
            </span>
            <Who name="Ana Sousa" />
            <RecordMark title="Meridian Supply" />
            <RecordMark title="Dover Corporation" size="large" />
            <Keys keys="Ctrl+K" />
            <Keys keys="G then L" />
            <Kbd key="?" />
        </div>
    };
    section("Words and marks", inner.into_any())
}

pub(super) fn notices() -> AnyView {
    let nothing = Callback::new(|()| ());
    let inner = view! {
        <div class="stack">
            <Banner>"The import is running. You can leave this page."</Banner>
            <Banner tone=Tone::Ok title="Imported 503 companies">
                "12 were already there and have been updated."
            </Banner>
            <Banner tone=Tone::Warn action=|| view! { <Button>"Review"</Button> }>
                "Three contacts look like duplicates."
            </Banner>
            <Banner tone=Tone::Bad title="The bank connection has lapsed">
                "Sign in again to fetch statements."
            </Banner>
            <div class="demo">
                {toast_view(Toast::ok("Deal moved to Negotiation").action("Undo", nothing), nothing)}
                {toast_view(Toast::bad("Could not save: the record was changed by Ana Sousa"), nothing)}
                {toast_view(Toast::new(Tone::Info, "Export is ready"), nothing)}
            </div>
            <div class="card">
                <EmptyState
                    icon="building"
                    text="No companies match these filters."
                    action="Clear filters"
                    href="/_gallery"
                />
            </div>
        </div>
    };
    section("Notices", inner.into_any())
}

pub(super) fn figures() -> AnyView {
    let months = || strings(&["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]);
    let both = || {
        let won = strings(&["$190k", "$220k", "$205k", "$260k", "$290k", "$245k"]);
        let target = strings(&["$110k", "$125k", "$155k", "$140k", "$180k", "$205k"]);
        vec![
            Series::new("Won", vec![190.0, 220.0, 205.0, 260.0, 290.0, 245.0], won),
            Series::new("Target", vec![110.0, 125.0, 155.0, 140.0, 180.0, 205.0], target),
        ]
    };
    let parts = Series::new(
        "Customers",
        vec![210.0, 140.0, 80.0, 46.0, 17.0, 10.0],
        strings(&["210", "140", "80", "46", "17", "10"]),
    );
    let sectors = strings(&["Industrials", "Financials", "Health care", "Energy", "Utilities", "Other"]);
    let rise = || vec![2.0, 2.3, 2.1, 3.0, 3.2, 4.0, 4.4];
    let fall = vec![4.4, 4.0, 4.1, 3.2, 3.3, 2.6, 2.2];
    let inner = view! {
        <div class="grid-12">
            <KeyFigure label="Pipeline, weighted" value="$2.91M" note="▲ 8.4 % since last week" tone=Tone::Ok class="span-3">
                <Sparkline values=rise() />
            </KeyFigure>
            <KeyFigure label="Won this month" value="$388k" note="71 % of target" class="span-3">
                <Sparkline values=rise() color=2 />
            </KeyFigure>
            <KeyFigure label="Overdue invoices" value="$41.2k" note="▼ 12 % since last week" tone=Tone::Ok class="span-3">
                <Sparkline values=fall color=3 />
            </KeyFigure>
            <KeyFigure label="Open findings" value="7" note="2 past their date" tone=Tone::Bad class="span-3" href="/_gallery">
                <Sparkline values=vec![3.0, 3.0, 2.0, 3.4, 2.6, 3.8, 3.1] color=4 />
            </KeyFigure>
            <Card class="span-8">
                <BarChart
                    title="Won against target, thousand USD"
                    labels=months()
                    series=both()
                />
            </Card>
            <Card class="span-4">
                <DonutChart title="Customers by sector" labels=sectors parts=parts total="503" />
            </Card>
            <Card class="span-8">
                <LineChart title="Won by month, thousand USD" labels=months() series=both() area=true />
            </Card>
            <Card title="Latest" class="span-4" action=|| view! { <a href="/_gallery">"All"</a> }>
                <Timeline>
                    <TimelineItem mark=|| view! { <Avatar name="Ana Sousa" /> }>
                        <b>"Ana Sousa"</b>
                        " won "
                        <b>"Framework contract"</b>
                        " · "
                        <time>"4 min"</time>
                    </TimelineItem>
                    <TimelineItem mark=|| view! { <Avatar name="Tom Lind" /> } note="Procurement wants net 60. Can we hold 45?">
                        <b>"Tom Lind"</b>
                        " commented · "
                        <time>"2 h"</time>
                    </TimelineItem>
                    <TimelineItem mark=|| view! { <Icon name="phone" /> }>
                        <b>"Priya Raman"</b>
                        " logged a call"
                    </TimelineItem>
                </Timeline>
            </Card>
        </div>
    };
    section("Figures", inner.into_any())
}

pub(super) fn work() -> AnyView {
    let inner = view! {
        <div class="stack" data-gap="large">
            <Steps steps=strings(&["Upload", "Match columns", "Check", "Import"]) current=1_usize />
            <FileDrop label="Drop a file here, or choose one" help="CSV or Excel, up to 50 MB" accept=".csv,.xlsx" />
            <div class="grid-12">
                <div class="span-6 stack">
                    <Progress label="Importing companies" percent=Some(42_u8) detail="2,100 of 5,000" />
                    <Progress label="Checking for duplicates" percent=None />
                    <Progress label="Imported" percent=Some(100_u8) tone=Tone::Ok detail="5,000" />
                </div>
                <div class="span-6">
                    <SkeletonLines />
                    <SkeletonRecord fields=4 />
                </div>
            </div>
            <div class="card flush">
                <SkeletonRows rows=4 />
            </div>
            <Card title="Company">
                <DescriptionList>
                    <Detail label="Status">
                        <Status label="Customer" color=2 />
                    </Detail>
                    <Detail label="Owner">
                        <Who name="Ana Sousa" />
                    </Detail>
                    <Detail label="Ticker" editable=true>
                        "AJG"
                    </Detail>
                    <Detail label="Website">
                        <a class="link" href="/_gallery">
                            "ajg.example"
                        </a>
                    </Detail>
                    <Detail label="Phone">""</Detail>
                </DescriptionList>
            </Card>
        </div>
    };
    section("Work under way", inner.into_any())
}
